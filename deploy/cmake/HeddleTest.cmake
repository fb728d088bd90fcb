# heddle_test(NAME LAYERS ... [SOURCES ...] [LABEL unit] [TIMEOUT 60])
#
# One Check program a test file: NAME is the path below tests/ without ".c", and is the
# CTest name as well. tests/support is linked into every one of them.
function(heddle_test name)
    cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "LAYERS;SOURCES;ARGS" ${ARGN})
    if(NOT ARG_LABEL)
        string(REGEX REPLACE "/.*" "" ARG_LABEL ${name})
    endif()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    string(REPLACE "/" "_" target "test_${name}")
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/${name}.c ${ARG_SOURCES})
    heddle_use_layers(${target} support ${ARG_LAYERS})
    target_link_libraries(${target} PRIVATE PkgConfig::CHECK)
    target_compile_definitions(${target} PRIVATE
        HEDDLE_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures"
        HEDDLE_BIN="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${target} ${ARG_ARGS})
    heddle_test_properties(${name} ${ARG_LABEL} ${ARG_TIMEOUT})
endfunction()

# Settings that every CTest entry shares.
function(heddle_test_properties name label timeout)
    set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${timeout}
        SKIP_RETURN_CODE 77
        ENVIRONMENT "CK_DEFAULT_TIMEOUT=${timeout};TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp halt_on_error=1;LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp")
endfunction()

# heddle_fuzz(NAME LAYERS ...): tests/fuzz/NAME.c defines LLVMFuzzerTestOneInput. With
# HEDDLE_FUZZ it is a libFuzzer program; otherwise it replays tests/fuzz/corpus/NAME.
function(heddle_fuzz name)
    cmake_parse_arguments(ARG "" "" "LAYERS;SOURCES" ${ARGN})
    add_executable(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.c ${ARG_SOURCES})
    heddle_use_layers(fuzz_${name} ${ARG_LAYERS})
    if(HEDDLE_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
    endif()
    set_target_properties(fuzz_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    add_test(NAME fuzz/${name} COMMAND fuzz_${name}
        ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    if(HEDDLE_FUZZ)
        set_tests_properties(fuzz/${name} PROPERTIES DISABLED TRUE)
    endif()
    heddle_test_properties(fuzz/${name} fuzz 120)
endfunction()
