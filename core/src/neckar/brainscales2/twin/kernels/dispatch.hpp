// Which instruction sets this processor has a kernel for.

#pragma once

#include <string>
#include <vector>

#include "block.hpp"
#include "column.hpp"

namespace neckar {

struct Path {
    std::string name;
    Kernel (*kernel)(int features);
    Pairs pair;
};

std::vector<Path> paths();  // the fastest first

}  // namespace neckar
