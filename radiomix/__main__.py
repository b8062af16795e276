"""`python -m radiomix` is the command `radiomix`."""

from .cli import main

if __name__ == "__main__":
    main()
