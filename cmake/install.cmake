# What others link, and what `cmake --install` puts in place: the program, one shared library with the C++ and the C API,
# the public headers, a pkg-config file and a CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The program links the same code statically: it runs when it is copied alone.
add_library(pixelforge_shared SHARED
  $<TARGET_OBJECTS:pxf_pipeline> $<TARGET_OBJECTS:pxf_library> $<TARGET_OBJECTS:pxf_tuning> $<TARGET_OBJECTS:pxf_catalog>
  $<TARGET_OBJECTS:pxf_service> $<TARGET_OBJECTS:pxf_server>)
set_target_properties(pixelforge_shared PROPERTIES
  OUTPUT_NAME pixelforge EXPORT_NAME pixelforge VERSION ${PROJECT_VERSION} SOVERSION 0)
target_link_libraries(pixelforge_shared PRIVATE pxf_server)
target_include_directories(pixelforge_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# The list of what may be seen from outside stands beside the headers' names, so that those need no macros.
target_link_options(pixelforge_shared PRIVATE LINKER:--version-script=${CMAKE_CURRENT_LIST_DIR}/pixelforge.map)
set_property(TARGET pixelforge_shared PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/pixelforge.map)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/PixelForge)
install(TARGETS pixelforge COMPONENT program)
install(TARGETS pixelforge_shared EXPORT PixelForge)
install(DIRECTORY include/pixelforge TYPE INCLUDE)
install(EXPORT PixelForge NAMESPACE PixelForge:: FILE PixelForgeConfig.cmake DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PixelForgeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PixelForgeConfigVersion.cmake DESTINATION ${package})
configure_file(cmake/pixelforge.pc.in pixelforge.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pixelforge.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The server as a service of the machine: `cpack -G DEB` in the build folder makes a package of the program and this.
install(FILES packaging/systemd/pixelforge.service DESTINATION lib/systemd/system COMPONENT program)
install(FILES docs/operations.md docs/api.md packaging/nginx/pixelforge.conf DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES packaging/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The PixelForge authors <maintainers@pixelforge.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "pictures from prompts, with diffusion models")
set(CPACK_PACKAGE_DESCRIPTION "PixelForge draws with SD 1, SD 2 and SDXL checkpoints: on the command line, in a web page,
and for programs over HTTP. A small checkpoint is part of it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME pixelforge)
set(CPACK_DEBIAN_PROGRAM_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/packaging/debian/postinst;${PROJECT_SOURCE_DIR}/packaging/debian/prerm;${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
