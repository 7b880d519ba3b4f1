"""Makes fixtures/: files written by Faiss and by NumPy, and what Faiss answers, for the tests of src/interchange/.

    python scripts/fixtures.py faiss     fixtures/faiss-VERSION-*, with the Faiss that Python has
    python scripts/fixtures.py numpy     fixtures/numpy-*

Needs the packages faiss (faiss-cpu) and numpy. Seeded: the same versions write the same files.
"""

import json
import pathlib
import sys

import numpy

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"


def write_faiss():
    import faiss

    # (M, d, bits a subspace): whole bytes, and codes that end within one.
    shapes = [(2, 4, 8), (3, 6, 6), (5, 10, 4), (4, 4, 1)]
    for m, d, nbits in shapes:
        random = numpy.random.default_rng(nbits)
        train = random.standard_normal((40 << nbits, d), dtype="float32")
        items = random.standard_normal((300, d), dtype="float32")
        for name, metric in [("l2", faiss.METRIC_L2), ("ip", faiss.METRIC_INNER_PRODUCT)]:
            index = faiss.IndexPQ(d, m, nbits, metric)
            index.train(train)
            save_faiss(f"nbits{nbits}-{name}", index, distinct(index, items), random)
    # The quantized query; ids of one's own; a search that filters by Hamming distance first.
    for name, (m, d, nbits) in [("sdc", shapes[0]), ("ids", shapes[2]), ("polysemous", (4, 4, 8))]:
        random = numpy.random.default_rng(7)
        index = faiss.IndexPQ(d, m, nbits)
        index.do_polysemous_training = name == "polysemous"
        index.train(random.standard_normal((40 << nbits, d), dtype="float32"))
        items = distinct(index, random.standard_normal((300, d), dtype="float32"))
        if name == "sdc":
            index.search_type = faiss.IndexPQ.ST_SDC
            index.pq.compute_sdc_table()
        if name == "polysemous":
            index.search_type = faiss.IndexPQ.ST_polysemous
        if name == "ids":
            index = faiss.IndexIDMap(index)
        save_faiss(name, index, items, random)


def distinct(index, items):
    """Those items whose codes differ: no two are at the same distance for that reason."""
    _, first = numpy.unique(index.sa_encode(items), axis=0, return_index=True)
    return items[numpy.sort(first)]


def save_faiss(name, index, items, random):
    import faiss

    if isinstance(index, faiss.IndexIDMap):
        index.add_with_ids(items, numpy.arange(len(items), dtype="int64") * 9_000_001 + 5)
    else:
        index.add(items)
    k = min(10, len(items))
    answers = []
    while len(answers) < 5:
        query = random.standard_normal((1, index.d), dtype="float32")
        distances, ids = index.search(query, k)
        answers.append({"query": query[0].tolist(), "ids": ids[0].tolist(), "distances": distances[0].tolist()})
    path = FIXTURES / f"faiss-{faiss.__version__}-{name}"
    faiss.write_index(index, f"{path}.faiss")
    path.with_name(path.name + ".json").write_text(json.dumps(answers) + "\n")


def write_numpy():
    def save(name, array):
        numpy.save(FIXTURES / f"numpy-{name}.npy", array, allow_pickle=True)

    values = numpy.array([[0, 1, 2, 3], [100, 101, 126, 127], [5, 6, 7, 8]])
    for kind in ["f4", "f8", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]:
        signed = values - 100 if kind[0] in "if" else values
        save(kind, signed.astype("<" + kind))
        if kind[1] != "1":
            save(f"big-{kind}", signed.astype(">" + kind))
    save("b1", values % 2 == 0)
    save("fortran", numpy.asfortranarray(numpy.arange(24, dtype="<i2").reshape(2, 3, 4)))
    save("scalar", numpy.float64(0.1))
    save("empty", numpy.zeros((3, 0, 2), "<f4"))
    save("axis", numpy.array([2**63, 2**64 - 1], "<u8"))
    for version in [(2, 0), (3, 0)]:
        with open(FIXTURES / f"numpy-version{version[0]}.npy", "wb") as file:
            numpy.lib.format.write_array(file, values.astype("<f4"), version)
    # What isn't read.
    save("refused-object", numpy.array([None, "a"], dtype=object))
    save("refused-structured", numpy.zeros(2, [("x", "<f4"), ("y", "<i4")]))
    save("refused-complex", numpy.zeros(2, "<c8"))
    save("refused-half", numpy.zeros(2, "<f2"))
    save("refused-text", numpy.array(["a", "bc"]))
    save("refused-time", numpy.zeros(2, "<M8[s]"))


FIXTURES.mkdir(exist_ok=True)
{"faiss": write_faiss, "numpy": write_numpy}[sys.argv[1]]()
