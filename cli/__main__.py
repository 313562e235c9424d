"""`python -m cli`, which is `souwen`."""

from cli.main import main

if __name__ == "__main__":
    main()
