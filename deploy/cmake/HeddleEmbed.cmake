# heddle_embed(OUTPUT HEADER TYPE SYMBOL FILE ...): OUTPUT is a C file with the bytes of the files,
#
#   const TYPE SYMBOL[] = {{"name", bytes, length}, …, {0}};
#
# where HEADER declares TYPE and SYMBOL.
function(heddle_embed output header type symbol)
    set(script ${PROJECT_SOURCE_DIR}/deploy/cmake/embed.cmake)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${header} -DTYPE=${type}
            -DSYMBOL=${symbol} "-DFILES=${ARGN}" -P ${script}
        DEPENDS ${ARGN} ${script} VERBATIM)
endfunction()
