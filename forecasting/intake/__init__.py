"""How files of incidents come in: read in stretches, compared with what is known, copied into the table."""
