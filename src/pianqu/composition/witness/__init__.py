"""A witness: a small server of its own, on another organisation's machine, that cosigns how a log grows and nothing else."""
