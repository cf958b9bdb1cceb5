"""Mixing of training batches: weights, partners, rows, labels; multi-mix, manifold mixup, C-Mixup and k-mixup."""
