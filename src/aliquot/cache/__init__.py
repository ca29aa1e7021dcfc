"""Caches of samples: in a folder or in memory, shared by the processes that read them."""

from aliquot.cache._arena import Handle
from aliquot.cache._fingerprint import file_state, fingerprint, stable_repr
from aliquot.cache._folder import CacheEntry, list_entries, remove_entry
from aliquot.cache._folder_cache import FolderCache
from aliquot.cache._found import Found
from aliquot.cache._manifest import Recipe
from aliquot.cache._memory_cache import MemoryCache, least_memory
from aliquot.cache._samples import AmbiguousError, learn, learn_alone

__all__ = [
    "AmbiguousError",
    "CacheEntry",
    "FolderCache",
    "Found",
    "Handle",
    "MemoryCache",
    "Recipe",
    "file_state",
    "fingerprint",
    "learn",
    "learn_alone",
    "least_memory",
    "list_entries",
    "remove_entry",
    "stable_repr",
]
