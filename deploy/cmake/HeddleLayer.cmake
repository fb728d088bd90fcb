# heddle_layer(NAME SOURCES ... [USES layer ...] [THIRD_PARTY target ...]
#              [GENERATED library] [GENERATED_HEADERS target])
#
# One OBJECT library a layer. Headers are included as "layer/file.h"; a layer is given the
# include path of itself and of the layers in USES (and what those use), so an upward or
# sideways include does not compile. Third-party include paths are never passed on: a
# library has one door. GENERATED is an OBJECT library of generated code that belongs to the
# layer: its include path is passed on with the layer's own, and GENERATED_HEADERS is built
# before whatever uses the layer.
#
# The include path of a layer is a folder of the build tree that holds one link, NAME, to
# the layer's sources. Without it every layer could reach every other by "../".
define_property(TARGET PROPERTY HEDDLE_USES
    BRIEF_DOCS "Layers below this one, all of them")
define_property(TARGET PROPERTY HEDDLE_HEADERS
    BRIEF_DOCS "The target that generates headers of this layer")

# heddle_wait_for_headers(TARGET layer ...): have the generated headers of these layers first.
function(heddle_wait_for_headers target)
    foreach(layer ${ARGN})
        get_target_property(headers heddle_layer_${layer} HEDDLE_HEADERS)
        if(headers)
            add_dependencies(${target} ${headers})
        endif()
    endforeach()
endfunction()

function(heddle_layer name)
    cmake_parse_arguments(ARG "" "GENERATED;GENERATED_HEADERS" "SOURCES;USES;THIRD_PARTY" ${ARGN})
    set(view ${PROJECT_BINARY_DIR}/layers/${name})
    file(MAKE_DIRECTORY ${view})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

    set(uses ${ARG_USES})
    foreach(used ${ARG_USES})
        get_target_property(more heddle_layer_${used} HEDDLE_USES)
        if(more)
            list(APPEND uses ${more})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES uses)

    add_library(heddle_layer_${name} OBJECT ${ARG_SOURCES})
    set_target_properties(heddle_layer_${name} PROPERTIES HEDDLE_USES "${uses}")
    target_include_directories(heddle_layer_${name} PUBLIC
        ${PROJECT_SOURCE_DIR}/sdk/include ${view})
    foreach(used ${uses})
        target_include_directories(heddle_layer_${name} PRIVATE
            $<TARGET_PROPERTY:heddle_layer_${used},INTERFACE_INCLUDE_DIRECTORIES>)
    endforeach()
    target_link_libraries(heddle_layer_${name} PRIVATE heddle_warnings ${ARG_THIRD_PARTY})
    if(ARG_GENERATED)
        set_target_properties(heddle_layer_${name} PROPERTIES HEDDLE_HEADERS ${ARG_GENERATED_HEADERS})
        target_include_directories(heddle_layer_${name} PUBLIC
            $<TARGET_PROPERTY:${ARG_GENERATED},INTERFACE_INCLUDE_DIRECTORIES>)
    endif()
    heddle_wait_for_headers(heddle_layer_${name} ${name} ${uses})

    # What an executable needs to link this layer, without its include paths.
    foreach(lib ${ARG_THIRD_PARTY})
        list(APPEND links $<LINK_ONLY:${lib}>)
    endforeach()
    add_library(heddle_link_${name} INTERFACE)
    target_link_libraries(heddle_link_${name} INTERFACE ${links})
    target_sources(heddle_link_${name} INTERFACE $<TARGET_OBJECTS:heddle_layer_${name}>)
    if(ARG_GENERATED)
        target_sources(heddle_link_${name} INTERFACE $<TARGET_OBJECTS:${ARG_GENERATED}>)
    endif()
endfunction()

# heddle_use_layers(TARGET layer ...): compile TARGET against these layers and link them
# and all they use.
function(heddle_use_layers target)
    set(all ${ARGN})
    foreach(used ${ARGN})
        get_target_property(more heddle_layer_${used} HEDDLE_USES)
        if(more)
            list(APPEND all ${more})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES all)
    foreach(layer ${all})
        target_include_directories(${target} PRIVATE
            $<TARGET_PROPERTY:heddle_layer_${layer},INTERFACE_INCLUDE_DIRECTORIES>)
        target_link_libraries(${target} PRIVATE heddle_link_${layer})
    endforeach()
    heddle_wait_for_headers(${target} ${all})
    target_link_libraries(${target} PRIVATE heddle_warnings Threads::Threads)
endfunction()

# heddle_program(NAME SOURCES ... LAYERS ...)
function(heddle_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    heddle_use_layers(${name} ${ARG_LAYERS})
endfunction()
