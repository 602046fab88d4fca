"""A small convolutional network for images of 8 × 8 pixels."""

from millwright_trainer import Job
from torch import nn


def network(job: Job, width: int) -> nn.Module:
    """From [N, 64] to one raw score per digit; pixels arrive standardised."""
    if width != 64:
        raise ValueError(f"expected 64 pixels, found {width} columns")
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(32 * 4 * 4, len(job.classes)),
    )
