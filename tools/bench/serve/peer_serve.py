"""The peer of `npm run bench -- serve`: Faiss's IndexPQ behind FastAPI and uvicorn, with our codebook and codes.

python peer_serve.py PORT CODEBOOK.json CODES N: as many worker processes as there are cores, one Faiss thread each.
"""

import json
import os
import sys

import faiss
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Query(BaseModel):
    vector: list[float]
    k: int = 10


def create_app():
    json_path, codes_path, n = sys.argv[2:5]
    facts = json.load(open(json_path))
    M, D = facts["M"], facts["D"]
    index = faiss.IndexPQ(D, M, 8)
    faiss.copy_array_to_vector(np.array(facts["codewords"], dtype="f4"), index.pq.centroids)
    index.is_trained = True
    codes = np.fromfile(codes_path, dtype="u1", count=int(n) * M).reshape(-1, M)
    index.add_sa_codes(codes)
    faiss.omp_set_num_threads(1)
    app = FastAPI()

    @app.post("/search")
    async def search(query: Query):
        distances, ids = index.search(np.array([query.vector], dtype="f4"), query.k)
        return {"hits": [{"id": int(i), "distance": float(d)} for i, d in zip(ids[0], distances[0])]}

    return app


if __name__ == "__main__":
    uvicorn.run(
        "peer_serve:create_app",
        factory=True,
        port=int(sys.argv[1]),
        workers=os.cpu_count(),
        log_level="error",
        access_log=False,
        app_dir=os.path.dirname(os.path.abspath(__file__)),
    )
