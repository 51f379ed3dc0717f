"""Addresses of `scheduler`."""

from __future__ import annotations

from django.urls import URLPattern, path

from scheduler import setting_urls
from scheduler.views import (
    account,
    audit,
    exports,
    feeds,
    invitations,
    languages,
    notices,
    people,
    people_imports,
    today,
)
from scheduler.views import help as help_view

app_name = "scheduler"
urlpatterns: list[URLPattern] = [
    path("", today.page, name="today"),
    path("help/", help_view.page, name="help"),
    path("calendar/", feeds.page, name="calendar"),
    path("calendar/revoke/", feeds.revoke, name="calendar_revoke"),
    path("calendar/<str:secret>.ics", feeds.feed, name="feed"),
    path("lessons/<uuid:uid>.ics", feeds.event, name="event"),
    path("exports/", exports.page, name="exports"),
    path("exports/<uuid:uid>/", exports.progress, name="export"),
    path("exports/<uuid:uid>/file/", exports.file, name="export_file"),
    path("exports/<uuid:uid>/again/", exports.again, name="export_again"),
    path("exports/<uuid:uid>/stop/", exports.stop, name="export_stop"),
    path("notices/", notices.page, name="notices"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<int:pk>/read/", notices.read, name="notice_read"),
    path("account/", account.page, name="account"),
    path("account/second-step/", account.set_up, name="factor_set_up"),
    path("account/second-step/codes/", account.codes, name="factor_codes"),
    path("account/second-step/remove/", account.remove, name="factor_remove"),
    path("people/", people.page, name="people"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/import/", people_imports.upload, name="people_import"),
    path("people/import/confirm/", people_imports.confirm, name="people_import_confirm"),
    path("people/import/template.csv", people_imports.template, name="people_template"),
    path("people/invitations/send/", invitations.send_unsent, name="invitations_send"),
    path("people/invitations/<uuid:uid>/resend/", invitations.resend, name="invitation_resend"),
    path("people/invitations/<uuid:uid>/revoke/", invitations.revoke, name="invitation_revoke"),
    path("people/posts/<int:pk>/", people.change, name="post"),
    path("people/posts/<int:pk>/end/", people.end, name="post_end"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/posts/", people.add, name="post_add"),
    path("people/<int:pk>/close/", people.close, name="account_close"),
    path("people/<int:pk>/reopen/", people.reopen, name="account_reopen"),
    path("people/<int:pk>/second-step/reset/", people.reset_factor, name="factor_reset"),
    path("invitations/<str:secret>/", invitations.accept, name="invitation"),
    path("audit/", audit.page, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
    path("language/", languages.change, name="language"),
    *setting_urls.urlpatterns,
]
