"""One module per library; each defines ``train(job)``."""
