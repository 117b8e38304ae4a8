"""Mixed traffic for minutes, abuse among it: nothing is lost, kept or held up. Imports the root of the benchmarks."""
