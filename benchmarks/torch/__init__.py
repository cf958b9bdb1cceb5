"""Throughput of training batches: PlanSampler beside a loader, beside batch mixing, and beside the memory itself."""
