/* The library's objects come from its layers; CMake asks for a source of its own. */
#include "heddle/heddle.h"
