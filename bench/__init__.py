"""Every performance figure beside its limit, measured against a peer in the same run."""
