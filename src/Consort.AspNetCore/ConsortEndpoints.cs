using System.Reflection;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Grpc;
using Consort.AspNetCore.Http;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Grpc.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Consort.AspNetCore;

/// <summary>The endpoints of an app that serves models.</summary>
public static class ConsortEndpoints
{
    private static readonly byte[] Page = Resource("index.html"), OpenApi = Resource("openapi.json");

    /// <summary>
    /// Maps the Open Inference Protocol (HTTP and gRPC), the protocol of rows below <c>/v1</c>, <c>/metrics</c>, <c>/openapi.json</c> and
    /// the page at <c>/</c> to the models of <c>AddConsort</c>, which are loaded here. gRPC needs an address that speaks HTTP/2. Where the
    /// app has an endpoint of its own at one of these paths, that one answers.
    /// </summary>
    /// <returns>All endpoints together, for conventions such as <c>RequireAuthorization</c>.</returns>
    /// <exception cref="ConsortException">An option is out of its range, or a package or a key file is refused.</exception>
    public static IEndpointConventionBuilder MapConsort(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var (score, models) = (services.GetRequiredService<ScoreEndpoints>(), services.GetRequiredService<ModelEndpoints>());
        var watching = services.GetRequiredService<WatchEndpoints>();
        var (guard, metrics, watch) = (services.GetRequiredService<HttpGuard>(), services.GetRequiredService<MetricsPage>(),
            services.GetRequiredService<RegistryWatch>());
        var group = endpoints.MapGroup("").WithMetadata(AppFirst.Mark);

        Map("POST", "/v1/score", "score", Access.Score, score.Score);
        Map("POST", "/v1/explain", "explain", Access.Score, score.Explain);
        foreach (var which in new[] { "", "/versions/{version}", "/labels/{label}" })
        {
            Map("POST", $"/v1/models/{{model}}{which}:score", "score", Access.Score, score.Score);
            Map("POST", $"/v1/models/{{model}}{which}:explain", "explain", Access.Score, score.Explain);
        }

        foreach (var which in new[] { "", "/versions/{version}" })
        {
            Map("POST", $"/v2/models/{{model}}{which}/infer", "infer", Access.Score, score.Infer);
            Map("GET", $"/v2/models/{{model}}{which}", "metadata", Access.Score, models.Metadata);
            Map("GET", $"/v2/models/{{model}}{which}/ready", "ready", Access.Score, models.Ready);
        }

        Map("GET", "/v2", "metadata", Access.Score, models.Server);
        Map("GET", "/v2/health/live", "live", Access.Open, c => Answers.Send(c.Response, new JsonObject { ["live"] = true }));
        Map("GET", "/v2/health/ready", "ready", Access.Open, Ready);
        Map("POST", "/v1/feedback", "feedback", Access.Score, watching.Feedback);
        Map("GET", "/v1/models/{model}/watch", "watch", Access.Score, watching.Watch);
        Map("GET", "/v1/models", "models", Access.Score, models.List);
        Map("GET", "/v1/models/{model}", "models", Access.Score, models.One);
        Map("POST", "/v1/models/{model}/versions", "reload", Access.Admin, models.Reload);
        Map("PUT", "/v1/models/{model}/labels/{label}", "labels", Access.Admin, models.SetLabel);
        Map("DELETE", "/v1/models/{model}/labels/{label}", "labels", Access.Admin, models.DeleteLabel);
        Map("GET", "/metrics", "metrics", Access.Score, c => Answers.Send(c.Response, MetricsText.ContentType, metrics.Write()));
        Map("GET", "/openapi.json", "openapi", Access.Open, c => Answers.Send(c.Response, "application/json", OpenApi));
        Map("GET", "/", "page", Access.Open, SendPage);
        var grpc = services.GetRequiredService<GrpcGuard>();
        group.MapGrpcService<InferenceService>().Add(e => grpc.Around(e, Access.Score));
        group.MapGrpcHealthChecksService().Add(e => grpc.Around(e, Access.Open));
        group.MapGrpcService<ReflectionServiceImpl>().Add(e => grpc.Around(e, Access.Score));
        return group;

        void Map(string method, string path, string name, Access access, RequestDelegate handler) =>
            group.MapMethods(path, method == "GET" ? ["GET", "HEAD"] : [method], guard.Around(name, access, handler));

        Task Ready(HttpContext context)
        {
            var isReady = watch.IsReady;
            context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return Answers.Send(context.Response, new JsonObject { ["ready"] = isReady });
        }
    }

    private static Task SendPage(HttpContext context)
    {
        // The page is whole in itself; nothing it shows can load or run anything else.
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Answers.Send(context.Response, "text/html; charset=utf-8", Page);
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
