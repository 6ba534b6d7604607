"""The material. Samples, files, alleles; asks consent before it reads."""
