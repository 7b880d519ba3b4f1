"""The peer of `npm run bench -- train`: the same network, batch, loss and optimiser in PyTorch on the CPU.

Speaks a line a request on stdin and stdout: "N\n" runs N training steps and answers their milliseconds.
Usage: python3 peer_torch.py BATCH DIMENSIONS SIZE THREADS CHANNELS...   (5x5 convolutions, each with ReLU and 2x2 max pool)
"""

import sys
import time

import torch
from torch import nn

batch, dimensions, size, threads, *channels = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(1)

layers, before, side = [], 3, size
for width in channels:
    layers += [nn.Conv2d(before, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    before, side = width, side // 2
network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * side * side, dimensions), nn.Tanh())
optimiser = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)
pictures = torch.randint(0, 256, (4096, 3, size, size), dtype=torch.uint8)
labels = torch.randint(0, 10, (4096,))


def step(order):
    images = (pictures[order].float() - 127.5) / 64
    of = labels[order]
    similar = (of[:, None] == of[None, :]).float() * 2 - 1
    z = nn.functional.normalize(network(images), dim=1)
    loss = ((similar - z @ z.T) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


print(torch.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step(torch.randint(0, len(pictures), (batch,)))
    print((time.perf_counter() - start) * 1e3, flush=True)
