# The scaling block of the group web of the Nomad job truckflow, for the Nomad
# Autoscaler: its threshold strategy says the rules literally. Made by truckflow scale
# render from scaling.yaml; change that, not this.
# What this cannot express:
#   - a threshold that is itself left out: lower_bound counts from the very value on, 80 % where the rules ask for more than 80 %
#   - the database's connection budget: keep max within it
#   - draining beyond kill_timeout of the task, which must be above the drain time
#   - that figures of fewer instances than run block a removal: the low check asks Prometheus, which averages who is left
#   - UsageLow asks several metrics at once; it is rendered as one check of their highest
scaling "truckflow-web" {
  enabled = true
  min     = 2
  max     = 4

  policy {
    evaluation_interval = "30s"
    cooldown            = "5m"

    check "CpuHigh" {
      source       = "prometheus"
      query        = "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\",tier=\"app\"}[2m])))"
      query_window = "5m"
      group        = "web" # all checks in one group: otherwise nothing is ever removed

      strategy "threshold" {
        lower_bound           = 80
        delta                 = 1
        within_bounds_trigger = 300 # the Prometheus source asks for a point a second: all of them
      }
    }

    check "MemoryHigh" {
      source       = "prometheus"
      query        = "100 * (1 - sum(node_memory_MemAvailable_bytes{tier=\"app\"}) / sum(node_memory_MemTotal_bytes{tier=\"app\"}))"
      query_window = "5m"
      group        = "web" # all checks in one group: otherwise nothing is ever removed

      strategy "threshold" {
        lower_bound           = 85
        delta                 = 1
        within_bounds_trigger = 300 # the Prometheus source asks for a point a second: all of them
      }
    }

    check "ResponseSlow" {
      source       = "prometheus"
      query        = "histogram_quantile(0.95, sum by (le) (rate(truckflow_http_request_seconds_bucket{job=\"app\",route!~\"GET /live.*\"}[2m])))"
      query_window = "1m"
      group        = "web" # all checks in one group: otherwise nothing is ever removed

      strategy "threshold" {
        lower_bound           = 2
        delta                 = 1
        within_bounds_trigger = 60 # the Prometheus source asks for a point a second: all of them
      }
    }

    check "UsageLow" {
      source       = "prometheus"
      query        = "max(label_replace(100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\",tier=\"app\"}[2m]))), \"metric\", \"cpu\", \"\", \"\") or label_replace(100 * (1 - sum(node_memory_MemAvailable_bytes{tier=\"app\"}) / sum(node_memory_MemTotal_bytes{tier=\"app\"})), \"metric\", \"memory\", \"\", \"\"))"
      query_window = "15m"
      group        = "web"

      strategy "threshold" {
        upper_bound           = 30
        delta                 = -1
        within_bounds_trigger = 900 # the Prometheus source asks for a point a second: all of them
      }
    }
  }
}
