# Every third-party library is named here once; a layer takes it by its imported target.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)

# What a chaincode needs.
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
find_program(PROTOC_C protoc-c REQUIRED)

# PKCS#11 is a header alone: the modules are loaded when they are asked for.
find_path(PKCS11_INCLUDE_DIR p11-kit/pkcs11.h PATH_SUFFIXES p11-kit-1 REQUIRED)
add_library(heddle_pkcs11 INTERFACE)
target_include_directories(heddle_pkcs11 SYSTEM INTERFACE ${PKCS11_INCLUDE_DIR})

if(HEDDLE_CHAINCODE_ONLY)
    return()
endif()

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc gpr)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)

# Debian's nng ships neither a pkg-config nor a CMake file in every release.
find_path(NNG_INCLUDE_DIR nng/nng.h REQUIRED)
find_library(NNG_LIBRARY nng REQUIRED)
add_library(heddle_nng INTERFACE)
target_include_directories(heddle_nng SYSTEM INTERFACE ${NNG_INCLUDE_DIR})
target_link_libraries(heddle_nng INTERFACE ${NNG_LIBRARY})

if(HEDDLE_TESTS)
    pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
endif()
