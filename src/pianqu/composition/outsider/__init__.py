"""What a witness and a mirror share: somebody else's program with a folder, a key, a memory and a few doors of its own."""
