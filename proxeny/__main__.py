"""`python -m proxeny`: the command, where its script is not on the path. Nothing else."""

from proxeny.cli import main

main(prog_name="proxeny")
