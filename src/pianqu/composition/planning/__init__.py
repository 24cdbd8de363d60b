"""Planning from files to files: what `pianqu plan …` reads, asks the kernels, and writes, without a server or a database."""
