"""What is promised is tried (issue 5 of 6 G): `make torture`, one file an experiment, each with its planted faults."""
