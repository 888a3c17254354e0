using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Consort.AspNetCore.Registry;

/// <summary>Whether the app takes requests, for the app's own health checks and for gRPC's.</summary>
internal sealed class ReadyCheck(RegistryWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watch.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the app starts or stops"));
}
