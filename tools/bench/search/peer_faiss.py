"""The peer of `npm run bench -- search`: Faiss's IndexPQ, fed with our codebook and codes, and its FastScan.

Speaks JSON, a line a request on stdin and a line an answer on stdout: {"do": NAME, ...}, the names at the end.
Times are milliseconds of the Faiss call alone, on one thread.
"""

import json
import os
import sys
import time

import faiss
import numpy as np

THREADS = os.cpu_count() or 1
CHUNK = 200_000
indexes = {}


def codebook_of(path):
    facts = json.load(open(path))
    M, K, D = facts["M"], facts["K"], facts["D"]
    codewords = np.array(facts["codewords"], dtype="f4")
    return M, K, D, codewords, np.array(facts["queries"], dtype="f4").reshape(-1, D)


def index_pq(M, D, codewords, codes):
    """IndexPQ with our codewords and codes, as if Faiss had learnt and added them."""
    index = faiss.IndexPQ(D, M, 8)
    faiss.copy_array_to_vector(codewords, index.pq.centroids)
    index.is_trained = True
    if hasattr(index, "add_sa_codes"):
        index.add_sa_codes(codes)
    else:
        faiss.copy_array_to_vector(codes.ravel(), index.codes)
        index.ntotal = len(codes)
    return index


def fast_scan(M, D, codewords, codes):
    """FastScan: M subspaces of 4 bits, which it learns itself from our vectors as the codes stand for them."""
    blocks = codewords.reshape(M, 256, D // M)

    def decode(part):
        return np.concatenate([blocks[m][part[:, m]] for m in range(M)], axis=1)

    index = faiss.IndexPQFastScan(D, M, 4)
    sample = np.random.default_rng(1).integers(0, len(codes), 20_000)
    index.train(decode(codes[np.sort(sample)]))
    for start in range(0, len(codes), CHUNK):
        index.add(decode(codes[start : start + CHUNK]))
    return index


def load(request):
    """Builds the named indexes on the first n rows of a file of codes."""
    M, _, D, codewords, queries = codebook_of(request["json"])
    codes = np.fromfile(request["file"], dtype="u1", count=request["n"] * M).reshape(-1, M)
    faiss.omp_set_num_threads(THREADS)
    indexes.clear()
    if "pq" in request["kinds"]:
        indexes["pq"] = index_pq(M, D, codewords, codes)
    if "fastscan" in request["kinds"]:
        indexes["fastscan"] = fast_scan(M, D, codewords, codes)
    indexes["queries"] = queries
    faiss.omp_set_num_threads(1)
    return {}


def search(request):
    index, query = indexes[request["kind"]], indexes["queries"][request["query"] :][:1]
    start = time.perf_counter()
    distances, ids = index.search(query, request["k"])
    ms = (time.perf_counter() - start) * 1e3
    return {"ms": ms, "last": float(distances[0][-1])}


def save(request):
    faiss.write_index(indexes["pq"], request["file"])
    return {}


def open_and_search(request):
    """From the file to the first hit."""
    start = time.perf_counter()
    faiss.read_index(request["file"]).search(indexes["queries"][:1], request["k"])
    return {"ms": (time.perf_counter() - start) * 1e3}


def encode(request):
    """Faiss's encoding of vectors [n, D] in a file, with our codebook."""
    M, _, D, codewords, _ = codebook_of(request["json"])
    quantizer = faiss.ProductQuantizer(D, M, 8)
    faiss.copy_array_to_vector(codewords, quantizer.centroids)
    x = np.fromfile(request["file"], dtype="f4").reshape(-1, D)
    start = time.perf_counter()
    codes = quantizer.compute_codes(x)
    ms = (time.perf_counter() - start) * 1e3
    return {"ms": ms, "first": codes[:100].ravel().tolist()}


def learn(request):
    """Faiss's k-means in each subspace, as many iterations as ours."""
    M, D = request["M"], request["D"]
    quantizer = faiss.ProductQuantizer(D, M, 8)
    quantizer.cp.niter = request["iterations"]
    quantizer.cp.max_points_per_centroid = 1 << 20
    x = np.fromfile(request["file"], dtype="f4").reshape(-1, D)
    start = time.perf_counter()
    quantizer.train(x)
    ms = (time.perf_counter() - start) * 1e3
    distortion = float(((quantizer.decode(quantizer.compute_codes(x)) - x) ** 2).sum(1).mean())
    return {"ms": ms, "distortion": distortion}


def drop(_):
    indexes.clear()
    return {}


faiss.omp_set_num_threads(1)
options = faiss.get_compile_options().strip() if hasattr(faiss, "get_compile_options") else ""
print(json.dumps({"version": faiss.__version__, "options": options}), flush=True)
does = {
    "load": load,
    "search": search,
    "save": save,
    "open": open_and_search,
    "encode": encode,
    "learn": learn,
    "drop": drop,
}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = does[request["do"]](request)
    except Exception as error:  # the benchmark says it and goes on without the peer
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
