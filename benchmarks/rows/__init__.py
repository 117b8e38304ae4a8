"""What is measured: ``measure`` lists the rows of the report. Imports the root, which knows no row."""
