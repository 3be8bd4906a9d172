// SPDX-License-Identifier: Apache-2.0
// libpq, loaded when it is first used: it brings Kerberos and LDAP with it, which nobody pays for who keeps no store there.
#pragma once
#include <sumun/result.hpp>

#include <libpq-fe.h>

namespace sumun::postgres {

struct Libpq {
#define SUMUN_LIBPQ(X) \
  X(PQconnectStartParams) X(PQconnectPoll) X(PQstatus) X(PQerrorMessage) X(PQfinish) X(PQsocket) X(PQsetnonblocking) X(PQflush) \
  X(PQsendQuery) X(PQsendPrepare) X(PQsendQueryPrepared) X(PQconsumeInput) X(PQisBusy) X(PQgetResult) X(PQclear) X(PQresultStatus) \
  X(PQresultErrorField) X(PQresultErrorMessage) X(PQntuples) X(PQnfields) X(PQgetvalue) X(PQgetlength) X(PQgetisnull) X(PQhost) X(PQdb) \
  X(PQsetNoticeProcessor)
#define SUMUN_DECLARE(name) decltype(&::name) name = nullptr;
  SUMUN_LIBPQ(SUMUN_DECLARE)
#undef SUMUN_DECLARE

  /// Errors: io (the library is not installed).
  static Result<const Libpq*> load();
};

}  // namespace sumun::postgres
