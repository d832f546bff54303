package desk

import (
	"net/http"
	"slices"

	"sesec.eu/tidings/subscriptions"
)

// Everybody is the role of a page that asks for no sign-in.
const Everybody subscriptions.Role = ""

// Route is a page of the desk.
type Route struct {
	Method  string // GET, which answers HEAD too, or POST
	Path    string
	Role    subscriptions.Role // the least that may
	Handler func(v *Visit) error
	Body    int64 // bytes read of the request; 0: page.MaxBody
}

// Routes is the desk. A route that is not here does not exist; one that is here
// has its line in the table of TestWhoMayWhat too.
func (d *Desk) Routes() []Route {
	return slices.Concat(d.table(), d.releaseRoutes(), d.ledgerRoutes(), d.correctionRoutes(), d.statisticsRoutes(), d.peopleImportRoutes(), d.returnRoutes(), d.previewRoutes(),
		d.webinarRoutes(), d.demoRoutes())
}

func (d *Desk) table() []Route {
	return []Route{
		{http.MethodGet, "/desk", subscriptions.RoleEditor, d.showToday, 0},

		{http.MethodGet, importPath, subscriptions.RoleEditor, d.importForm, 0},
		{http.MethodPost, importPath, subscriptions.RoleEditor, d.prepareImport, importBody},
		{http.MethodGet, importPath + "/:id", subscriptions.RoleEditor, d.importRun, 0},
		{http.MethodPost, importPath + "/:id/take", subscriptions.RoleEditor, d.takeImport, 0},
		{http.MethodPost, importPath + "/:id/undo", subscriptions.RoleEditor, d.undoImport, 0},
		{http.MethodGet, feedsPath, subscriptions.RoleEditor, d.feeds, 0},
		{http.MethodPost, feedsPath, subscriptions.RoleEditor, d.addFeed, 0},
		{http.MethodPost, feedsPath + "/:id/look", subscriptions.RoleEditor, d.lookAtFeed, 0},
		{http.MethodPost, feedsPath + "/:id/pause", subscriptions.RoleEditor, d.pauseFeed, 0},
		{http.MethodPost, feedsPath + "/:id/resume", subscriptions.RoleEditor, d.resumeFeed, 0},
		{http.MethodPost, feedsPath + "/:id/end", subscriptions.RoleEditor, d.endFeed, 0},

		{http.MethodGet, signInPath, Everybody, d.signInForm, 0},
		{http.MethodPost, signInPath, Everybody, d.signIn, 0},
		{http.MethodGet, codePath, Everybody, d.codeForm, 0},
		{http.MethodPost, codePath, Everybody, d.code, 0},
		{http.MethodPost, "/desk/sign-out", Everybody, d.signOut, 0},

		{http.MethodPost, "/desk/paste", subscriptions.RoleEditor, d.paste, pasteBody},
		{http.MethodPost, "/desk/preview", subscriptions.RoleEditor, d.preview, previewBody},
		{http.MethodGet, "/desk/items/:id/attachments", subscriptions.RoleEditor, d.attachments, 0},
		{http.MethodPost, "/desk/items/:id/attachments", subscriptions.RoleEditor, d.attach, uploadBody},
		{http.MethodPost, "/desk/attachments/:id/remove", subscriptions.RoleEditor, d.detach, 0},
		{http.MethodPost, "/desk/attachments/:id/restore", subscriptions.RoleEditor, d.reattach, 0},
		{http.MethodGet, "/desk/items", subscriptions.RoleEditor, d.items, 0},
		{http.MethodPost, "/desk/items/act", subscriptions.RoleEditor, d.actOnItems, 0},
		{http.MethodPost, "/desk/items/undo", subscriptions.RoleEditor, d.undoOnItems, 0},
		{http.MethodGet, "/desk/items/new", subscriptions.RoleEditor, d.newItem, 0},
		{http.MethodPost, "/desk/items/new", subscriptions.RoleEditor, d.saveItem, itemBody},
		{http.MethodPost, "/desk/items/unsaved", subscriptions.RoleEditor, d.keepItem, itemBody},
		{http.MethodPost, "/desk/items/unsaved/drop", subscriptions.RoleEditor, d.dropItem, 0},
		{http.MethodGet, "/desk/items/:id", subscriptions.RoleEditor, d.viewItem, 0},
		{http.MethodGet, "/desk/items/:id/edit", subscriptions.RoleEditor, d.editItem, 0},
		{http.MethodPost, "/desk/items/:id/edit", subscriptions.RoleEditor, d.saveItem, itemBody},
		{http.MethodPost, "/desk/items/:id/state", subscriptions.RoleEditor, d.moveItem, 0},
		{http.MethodGet, "/desk/items/:id/history", subscriptions.RoleEditor, d.itemHistory, 0},
		{http.MethodGet, "/desk/items/:id/history/:n", subscriptions.RoleEditor, d.itemRevision, 0},
		{http.MethodPost, "/desk/items/:id/restore", subscriptions.RoleEditor, d.restoreItem, 0},
		{http.MethodGet, "/desk/editions", subscriptions.RoleEditor, d.editions, 0},
		{http.MethodGet, "/desk/editions/new", subscriptions.RoleEditor, d.newEdition, 0},
		{http.MethodPost, "/desk/editions/new", subscriptions.RoleEditor, d.createEdition, 0},
		{http.MethodGet, "/desk/editions/:id", subscriptions.RoleEditor, d.edition, 0},
		{http.MethodGet, "/desk/editions/:id/edit", subscriptions.RoleEditor, d.editEdition, 0},
		{http.MethodPost, "/desk/editions/:id/edit", subscriptions.RoleEditor, d.saveEdition, editionBody},
		{http.MethodPost, "/desk/editions/:id/place", subscriptions.RoleEditor, d.placeItem, 0},
		{http.MethodGet, "/desk/editions/:id/add", subscriptions.RoleEditor, d.findForEdition, 0},
		{http.MethodGet, "/desk/editions/:id/sections/:topic", subscriptions.RoleEditor, d.editionSection, 0},
		{http.MethodPost, "/desk/editions/:id/sections/:topic", subscriptions.RoleEditor, d.saveSection, editionBody},
		{http.MethodPost, "/desk/editions/:id/freeze", subscriptions.RoleEditor, d.freezeEdition, 0},
		{http.MethodPost, "/desk/editions/:id/reopen", subscriptions.RoleEditor, d.reopenEdition, 0},
		{http.MethodPost, "/desk/editions/:id/cancel", subscriptions.RolePublisher, d.cancelEdition, 0},

		{http.MethodGet, "/desk/people", subscriptions.RolePublisher, d.people, 0},
		{http.MethodGet, "/desk/people/new", subscriptions.RoleAdmin, d.newPerson, 0},
		{http.MethodPost, "/desk/people/new", subscriptions.RoleAdmin, d.addPerson, 0},
		{http.MethodGet, "/desk/people/suppressions", subscriptions.RolePublisher, d.suppressions, 0},
		{http.MethodPost, "/desk/people/suppressions", subscriptions.RolePublisher, d.lookUpSuppression, 0},
		{http.MethodGet, "/desk/people/:id", subscriptions.RolePublisher, d.person, 0},
		{http.MethodPost, "/desk/people/:id", subscriptions.RoleAdmin, d.endPerson, 0},
		{http.MethodPost, "/desk/people/:id/data", subscriptions.RoleAdmin, d.personData, 0},
		{http.MethodGet, "/desk/forgot", Everybody, d.forgotForm, 0},
		{http.MethodPost, "/desk/forgot", Everybody, d.forgot, 0},
		{http.MethodGet, "/desk/forgot/sent", Everybody, d.forgotSent, 0},
		{http.MethodGet, "/desk/invitation/:token", Everybody, d.invitationForm, 0},
		{http.MethodPost, "/desk/invitation/:token", Everybody, d.invitation, 0},
		{http.MethodGet, "/desk/reset/:token", Everybody, d.resetForm, 0},
		{http.MethodPost, "/desk/reset/:token", Everybody, d.reset, 0},
		{http.MethodGet, confirmPath, subscriptions.RoleEditor, d.confirmForm, 0},
		{http.MethodPost, confirmPath, subscriptions.RoleEditor, d.confirm, 0},

		{http.MethodGet, accountPath, subscriptions.RoleEditor, d.account, 0},
		{http.MethodPost, accountPath + "/name", subscriptions.RoleEditor, d.rename, 0},
		{http.MethodPost, accountPath + "/password", subscriptions.RoleEditor, d.changePassword, 0},
		{http.MethodGet, factorPath, subscriptions.RoleEditor, d.factorForm, 0},
		{http.MethodPost, factorPath, subscriptions.RoleEditor, d.setFactor, 0},
		{http.MethodPost, factorPath + "/off", subscriptions.RoleEditor, d.removeFactor, 0},
		{http.MethodPost, accountPath + "/codes", subscriptions.RoleEditor, d.newCodes, 0},
		{http.MethodPost, accountPath + "/sessions/:id/end", subscriptions.RoleEditor, d.endSession, 0},
		{http.MethodPost, accountPath + "/sessions/end", subscriptions.RoleEditor, d.endSessions, 0},

		{http.MethodGet, editorsPath, subscriptions.RoleAdmin, d.editors, 0},
		{http.MethodPost, editorsPath, subscriptions.RoleAdmin, d.invite, 0},
		{http.MethodGet, editorsPath + "/:id", subscriptions.RoleAdmin, d.editor, 0},
		{http.MethodPost, editorsPath + "/:id/role", subscriptions.RoleAdmin, d.changeRole, 0},
		{http.MethodPost, editorsPath + "/:id/invite", subscriptions.RoleAdmin, d.inviteAgain, 0},
		{http.MethodPost, editorsPath + "/:id/factor", subscriptions.RoleAdmin, d.resetFactor, 0},
		{http.MethodPost, editorsPath + "/:id/end", subscriptions.RoleAdmin, d.endEditor, 0},
		{http.MethodGet, auditPath, subscriptions.RoleAdmin, d.audit, 0},
		{http.MethodGet, auditPath + ".csv", subscriptions.RoleAdmin, d.auditCSV, 0},
		{http.MethodGet, auditPath + ".json", subscriptions.RoleAdmin, d.auditJSON, 0},

		{http.MethodGet, "/desk/search", subscriptions.RoleEditor, d.showSearch, 0},
		{http.MethodGet, "/desk/settings/topics", subscriptions.RoleEditor, d.showTopics, 0},
		{http.MethodPost, "/desk/settings/topics", subscriptions.RoleAdmin, d.createTopic, 0},
		{http.MethodPost, "/desk/settings/topics/order", subscriptions.RoleAdmin, d.orderTopics, 0},
		{http.MethodGet, "/desk/settings/topics/:id", subscriptions.RoleEditor, d.showTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id", subscriptions.RoleAdmin, d.changeTopic, 0},
		{http.MethodGet, "/desk/settings/topics/:id/merge", subscriptions.RoleAdmin, d.showMerge, 0},
		{http.MethodPost, "/desk/settings/topics/:id/merge", subscriptions.RoleAdmin, d.mergeTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id/retire", subscriptions.RoleAdmin, d.retireTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id/return", subscriptions.RoleAdmin, d.returnTopic, 0},
		{http.MethodGet, "/desk/settings/glossary", subscriptions.RoleEditor, d.showGlossary, 0},
		{http.MethodPost, "/desk/settings/glossary", subscriptions.RoleEditor, d.addTerm, 0},
		{http.MethodGet, "/desk/settings/glossary/missing", subscriptions.RoleEditor, d.showMissing, 0},
		{http.MethodPost, "/desk/settings/glossary/missing", subscriptions.RoleEditor, d.ignoreWord, 0},
		{http.MethodGet, "/desk/settings/glossary/import", subscriptions.RoleEditor, d.showGlossaryImport, 0},
		{http.MethodPost, "/desk/settings/glossary/import", subscriptions.RoleEditor, d.importGlossary, glossaryBody},
		{http.MethodPost, "/desk/settings/glossary/restore", subscriptions.RoleEditor, d.restoreTerm, 0},
		{http.MethodGet, "/desk/settings/glossary/terms/:id", subscriptions.RoleEditor, d.showTerm, 0},
		{http.MethodPost, "/desk/settings/glossary/terms/:id", subscriptions.RoleEditor, d.changeTerm, 0},
		{http.MethodPost, "/desk/settings/glossary/terms/:id/remove", subscriptions.RoleEditor, d.removeTerm, 0},
		{http.MethodGet, "/desk/settings/glossary.csv", subscriptions.RoleEditor, d.glossaryCSV, 0},
		{http.MethodGet, "/desk/settings/glossary.md", subscriptions.RoleEditor, d.glossaryMarkdown, 0},
		{http.MethodGet, "/desk/settings", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsIdentity), 0},
		{http.MethodPost, "/desk/settings", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsIdentity), 0},
		{http.MethodGet, "/desk/settings/look", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsLook), 0},
		{http.MethodPost, "/desk/settings/look", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsLook), maxSettingsForm},
		{http.MethodGet, "/desk/settings/texts", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsTexts), 0},
		{http.MethodPost, "/desk/settings/texts", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsTexts), maxSettingsForm},
		{http.MethodGet, "/desk/settings/retention", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsRetention), 0},
		{http.MethodPost, "/desk/settings/retention", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsRetention), 0},
		{http.MethodPost, "/desk/settings/preview", subscriptions.RoleAdmin, d.previewSettings, maxSettingsForm},
		{http.MethodGet, "/desk/settings/history", subscriptions.RoleEditor, d.settingsHistory, 0},
		{http.MethodGet, "/desk/settings/history/:version", subscriptions.RoleEditor, d.settingsVersion, 0},
		{http.MethodPost, "/desk/settings/history/:version", subscriptions.RoleAdmin, d.restoreSettings, 0},
	}
}
