# Warnings, sanitizers and hardening, the same for every target.
add_library(heddle_warnings INTERFACE)
target_compile_options(heddle_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wvla -Wformat=2 -Wundef -Wwrite-strings)
if(HEDDLE_WERROR)
    target_compile_options(heddle_warnings INTERFACE -Werror)
endif()

find_program(HEDDLE_CCACHE ccache)
if(HEDDLE_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${HEDDLE_CCACHE})
endif()

add_compile_definitions(_GNU_SOURCE)
if(HEDDLE_SANITIZE)
    add_compile_options(-fsanitize=${HEDDLE_SANITIZE} -fno-omit-frame-pointer -O1)
    add_link_options(-fsanitize=${HEDDLE_SANITIZE})
    if(HEDDLE_SANITIZE MATCHES undefined)
        add_compile_options(-fno-sanitize-recover=undefined)
    endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    add_compile_options(-ffunction-sections -fdata-sections) # for libraries that are cut to what they use
    add_link_options(-Wl,-z,relro,-z,now)
endif()
if(HEDDLE_COVERAGE)
    add_compile_options(--coverage -O0 -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
if(HEDDLE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
