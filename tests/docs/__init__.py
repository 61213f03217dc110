"""Running the documents: what is shown in them is executed, and must be so."""
