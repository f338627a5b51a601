"""The files of an application → the modules, programs and other names in them. Nothing is run."""
