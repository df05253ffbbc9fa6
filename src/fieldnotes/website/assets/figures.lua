-- Gives every page our script and style, and pages with figures the one plotly.js.

-- Staged pages count their figures in the front matter; other pages are looked through.
local function has_figures(doc)
  local counted = doc.meta["fieldnotes-figures"]
  if counted ~= nil then
    return pandoc.utils.stringify(counted) ~= "0"
  end
  local found = false
  doc:walk({
    RawBlock = function(block)
      if block.text:find('class="fn-figure"', 1, true) then
        found = true
      end
    end,
  })
  return found
end

function Pandoc(doc)
  if not quarto.doc.is_format("html:js") then
    return nil
  end
  if has_figures(doc) then
    quarto.doc.add_html_dependency({
      name = "plotly",
      version = "@PLOTLY_VERSION@",
      scripts = { { path = "plotly.min.js", attribs = { defer = "defer" } } },
    })
  end
  quarto.doc.add_html_dependency({
    name = "fieldnotes",
    version = "1",
    scripts = { { path = "fieldnotes.js", attribs = { defer = "defer" } } },
    stylesheets = { "fieldnotes.css" },
  })
  return nil
end
