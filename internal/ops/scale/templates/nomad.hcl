# The scaling block of the group {{.Role.Name}} of the Nomad job {{.App}}, for the Nomad
# Autoscaler: its threshold strategy says the rules literally. Made by truckflow scale
# render from scaling.yaml; change that, not this.
{{note .Lost}}
scaling "{{.App}}-{{.Role.Name}}" {
  enabled = true
  min     = {{.Role.Min}}
  max     = {{.Role.Max}}

  policy {
    evaluation_interval = "{{.Rules.Interval}}"
    cooldown            = "{{.Role.Cooldown}}"
{{$role := .Role}}
{{- range .Role.Up}}
    check "{{.Name}}" {
      source       = "prometheus"
      query        = {{printf "%q" (nomadQuery $role .)}}
      query_window = "{{.For}}"
      group        = "{{$role.Name}}" # all checks in one group: otherwise nothing is ever removed

      strategy "threshold" {
        lower_bound           = {{.Above}}
        delta                 = {{$role.Step}}
        within_bounds_trigger = {{max 1 (seconds .For)}} # the Prometheus source asks for a point a second: all of them
      }
    }
{{end}}
{{- range .Role.Down}}
    check "{{.Name}}" {
      source       = "prometheus"
      query        = {{printf "%q" (nomadQuery $role .)}}
      query_window = "{{.For}}"
      group        = "{{$role.Name}}"

      strategy "threshold" {
        upper_bound           = {{.Below}}
        delta                 = -{{$role.Step}}
        within_bounds_trigger = {{max 1 (seconds .For)}} # the Prometheus source asks for a point a second: all of them
      }
    }
{{end}}  }
}
