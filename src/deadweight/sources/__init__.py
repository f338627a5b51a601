"""The only room that touches the world: disks, installers, indexes. Each module ends in a FileTree or in lines."""
