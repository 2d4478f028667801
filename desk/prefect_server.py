"""The Prefect server as a program that ends with who started it: one that was killed leaves none behind at its port."""

import runpy
import sys

from oneledger.adapters.with_parent import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")
