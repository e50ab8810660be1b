#include "dispatch.hpp"

namespace neckar {

std::vector<Path> paths()
{
    std::vector<Path> found;
#ifdef NECKAR_X86
    __builtin_cpu_init();
    const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v4) found.push_back({"x86-64-v4", kernel_v4, pair_v4()});
    if (v3) found.push_back({"x86-64-v3", kernel_v3, pair_v3()});
    if (v2) found.push_back({"x86-64-v2", kernel_v2, pair_v2()});
#endif
    found.push_back({"portable", kernel_portable, pair_portable()});
    return found;
}

}  // namespace neckar
