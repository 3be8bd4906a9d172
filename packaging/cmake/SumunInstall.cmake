# What `cmake --install` puts where. Component `runtime` is what a program needs to run, `development` what a
# compiler needs to build one: cmake --install build/release --component development --prefix DIR
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sumun)

get_property(components GLOBAL PROPERTY SUMUN_COMPONENTS)
install(TARGETS sumun_headers sumun sumun_sdk ${components} EXPORT sumunTargets
  RUNTIME COMPONENT runtime
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development
  FILE_SET HEADERS COMPONENT development)
if(TARGET sumun_host)
  install(TARGETS sumun_host RUNTIME COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/schemas/config.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sumun COMPONENT runtime)
endif()
install(EXPORT sumunTargets NAMESPACE sumun:: DESTINATION ${package_dir} COMPONENT development)

set(SUMUN_STATIC ON)
if(BUILD_SHARED_LIBS)
  set(SUMUN_STATIC OFF)
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sumunConfig.cmake.in ${PROJECT_BINARY_DIR}/sumunConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sumunConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sumunConfig.cmake ${PROJECT_BINARY_DIR}/sumunConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
