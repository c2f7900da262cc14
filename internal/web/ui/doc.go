// Package ui is the product's set of page parts, in templ: escaped by the
// compiler, styled by static/app.css, alive by static/app.js, and shown in every
// state on /gallery. Look there first; build a new part only when none fits.
//
// # A page
//
//	package loadsweb
//
//	templ listPage(m web.PageMeta, v listView) {
//		@web.Page(m) {
//			<div class="toolbar">
//				@ui.SearchBox(ui.SearchBoxProps{Label: "Search loads", Value: v.Query})
//				@ui.FilterChips("Filters", v.Chips)
//			</div>
//			@ui.Table(ui.TableProps{Label: "Loads", Columns: columns, Sort: v.Sort, URL: v.URL,
//				Rows: len(v.Rows), Stack: true, Empty: ui.EmptyState("No loads yet", "…", dropButton())}) {
//				for _, r := range v.Rows {
//					<tr { ui.RowProps("load:"+r.ID, r.Href, false)... }>
//						<td><a class="row-link" href={ r.Href }>{ r.Number }</a></td>
//						<td data-label="State">@ui.StatePill(r.State)</td>
//						<td data-label="Pickup">@ui.Window(r.From, r.To, r.Zone)</td>
//						<td class="num" data-label="Rate">@ui.Money(r.Rate)</td>
//					</tr>
//				}
//			}
//			@ui.Pagination(v.Pages)
//		}
//	}
//
// PageMeta.Section lights the menu entry; Scripts names a page module
// ("board.js", "review.js", "map.js"); Live is the URL of its server-sent
// events; Fill gives the whole window height to the page.
//
// # A form
//
//	<form method="post" action="/customers" class="form" hx-post="/customers" hx-swap="outerHTML">
//		@ui.CSRF(m.CSRF)
//		@ui.Field(ui.FieldProps{Name: "name", Label: "Name", Value: v.Name, Error: v.Errors["name"], Required: true})
//		<div class="form-row">…fields side by side…</div>
//		<div class="form-actions">@ui.Button(ui.ButtonProps{Label: "Save", Kind: ui.KindPrimary, Key: "Ctrl Enter"})</div>
//	</form>
//
// A refused form comes back with status 422 and replaces itself. 409 shows the
// answer's X-Message header (or problem+json "detail") as a toast and keeps
// what was typed; so does a 422 whose body is not HTML. 401 leads to sign-in and back. Say "done" from a handler with
// the header HX-Trigger: {"toast":{"text":"Booked L-10234","tone":"ok"}}; add
// "href" and "action" for a link such as Undo. The event "close" shuts the dialog.
// Every button is guarded against double clicks. data-confirm on a button or
// form asks once before what cannot be undone.
//
// # Dialogs
//
// @ui.Dialog("pay", "Record a payment") { … } opens by data-dialog-open="pay".
// data-dialog-src="/loads/1/assign" on any button fetches a fragment into the
// shared dialog; its title is the fragment's first <h2>.
//
// # Live
//
// The stream at PageMeta.Live sends `event: change` with data
// {"id":"load:018f…","topic":"loads"} . An element with that data-live-id is
// marked as changed in place and, with hx-get and hx-trigger="live", fetches
// itself again; data-live-topic="loads" elements refetch too (at most once a
// second); data-live-new="loads" elements are shown as "3 changes · refresh"
// for ids not on the page. `event: count` {"key":"review","n":4} moves a menu count.
//
// # Rules
//
// No style or on… attributes and no inline script: the content policy drops
// them and a test fails. Colour only by Tone. Money by Money, times by When,
// Window, Ago, always with a zone. Tables of figures use class "num". Plain
// building classes: toolbar, form, form-row, form-actions, actions, stats,
// split, cols (cols-2, cols-3, cols-side), dl (definition list), dim, small,
// right, stack, row, grow, sr (screen readers only), no-print, mono.
package ui
