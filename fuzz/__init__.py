"""What must hold for any input, and a fuzzer that looks for one for which it doesn't (see README.md here)."""
