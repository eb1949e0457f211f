"""Merkle trees, proofs, signed notes and the offline verifier: pure, standard library only."""
