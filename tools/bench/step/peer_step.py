"""The peer of `npm run bench -- step`: the same networks, loss and optimiser in PyTorch on the CPU.

Speaks a line a request on stdin and stdout: "N\n" runs N training steps and answers their milliseconds and the seconds
of CPU that they took.
Usage: python3 peer_step.py head|tail BATCH THREADS
"""

import sys
import time

import torch
from torch import nn

kind, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)

FEATURES, HIDDEN, DIMENSIONS, DROPOUT = 1280, 512, 120, 0.2
CHANNELS, SIDE = 64, 10
BLOCKS = [(96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)]


class Block(nn.Module):
    """MobileNetV2's inverted residual, its normalisation folded into the convolutions."""

    def __init__(self, before, channels, stride):
        super().__init__()
        wide = before * 6
        self.layers = nn.Sequential(
            nn.Conv2d(before, wide, 1),
            nn.ReLU6(),
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide),
            nn.ReLU6(),
            nn.Conv2d(wide, channels, 1),
        )
        self.adds = stride == 1 and before == channels

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


class Standardise(nn.Module):
    def forward(self, x):
        return (x - 0.3) * 2


head = [
    Standardise(),
    nn.Dropout(DROPOUT),
    nn.Linear(FEATURES, HIDDEN),
    nn.ReLU(),
    nn.Dropout(DROPOUT),
    nn.Linear(HIDDEN, DIMENSIONS),
    nn.Tanh(),
]
if kind == "head":
    network = nn.Sequential(*head)
    inputs = torch.rand(2048, FEATURES)
else:
    layers, before = [], CHANNELS
    for channels, stride in BLOCKS:
        layers.append(Block(before, channels, stride))
        before = channels
    network = nn.Sequential(
        *layers, nn.Conv2d(before, FEATURES, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head
    )
    inputs = torch.rand(512, CHANNELS, SIDE, SIDE)
optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
labels = torch.randint(0, 10, (len(inputs),))


def step(order):
    of = labels[order]
    similar = (of[:, None] == of[None, :]).float()
    weights = similar + 1
    z = nn.functional.normalize(network(inputs[order]), dim=1)
    loss = (weights * (similar - z @ z.T) ** 2).sum() / weights.sum()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


print(torch.__version__, flush=True)
for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(int(line)):
        step(torch.randint(0, len(inputs), (batch,)))
    print((time.perf_counter() - start) * 1e3, time.process_time() - cpu, flush=True)
