"""What is predicted, from which data, by which approved recipe, and what is proposed."""
