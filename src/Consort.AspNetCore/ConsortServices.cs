using Consort.AspNetCore.Grpc;
using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Http;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Consort.AspNetCore.Watching;
using Consort.Serving;
using Grpc.AspNetCore.Server.Model;
using Grpc.Health.V1;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consort.AspNetCore;

/// <summary>The services of an app that serves models.</summary>
public static class ConsortServices
{
    /// <summary>Adds models, for <c>MapConsort</c> and, as <see cref="ModelRegistry"/>, for the app's own code.</summary>
    /// <param name="services">The services of the app.</param>
    /// <param name="configure">Says which models there are, and limits.</param>
    public static IServiceCollection AddConsort(this IServiceCollection services, Action<ConsortOptions> configure)
    {
        services.AddOptions<ConsortOptions>().Configure(configure);
        services.AddSingleton(s => Checked(s.GetRequiredService<IOptions<ConsortOptions>>().Value));
        services.AddSingleton(s => new Limits(s.GetRequiredService<ConsortOptions>()));
        services.AddSingleton(s => new ApiKeys(s.GetRequiredService<ConsortOptions>()));
        services.AddSingleton(s => new RequestGate(s.GetRequiredService<ConsortOptions>(), s.GetRequiredService<ApiKeys>().ClientOf));
        services.AddSingleton(s => new ModelRegistry(s.GetRequiredService<ConsortOptions>(),
            s.GetRequiredService<ILogger<ModelRegistry>>(), s.GetRequiredService<ScoringMeter>()));
        services.TryAddSingleton(typeof(IScorer<>), typeof(ServedScorer<>));
        services.TryAdd(ServiceDescriptor.KeyedSingleton(typeof(IScorer<>), KeyedService.AnyKey, typeof(NamedScorer<>)));
        services.AddMetrics().AddSingleton<ScoringMeter>().AddSingleton<RequestMetrics>().AddSingleton<MetricsPage>()
            .AddSingleton<HttpGuard>().AddSingleton<ScoreEndpoints>().AddSingleton<ModelEndpoints>()
            .AddSingleton<WatchEndpoints>();
        services.AddSingleton(s => new AnsweredRows(s.GetRequiredService<ConsortOptions>().FeedbackIds));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, AppFirst>());
        services.AddSingleton<RegistryWatch>().AddHostedService(s => s.GetRequiredService<RegistryWatch>());
        services.AddSingleton<GrpcGuard>().AddSingleton<InferenceService>()
            .AddSingleton<IServiceMethodProvider<InferenceService>, InferenceMethods>();
        // The guard has read the message within limits of ours.
        services.AddGrpc().AddServiceOptions<InferenceService>(o => o.MaxReceiveMessageSize = null);
        services.AddGrpcHealthChecks().AddCheck<ReadyCheck>("consort");
        services.TryAddSingleton(new ReflectionServiceImpl([InferenceReflection.Descriptor.Services[0], Health.Descriptor]));
        return services;
    }

    /// <summary>
    /// Adds models as the section of a configuration says: <c>{"Models": [{"Name": "ctr", "Path": "model.consort"}], "MaxRows": 1000}</c>.
    /// When it changes, models, their paths and labels are served as it says then; the rest is read at the start.
    /// </summary>
    /// <param name="services">The services of the app.</param>
    /// <param name="section">The section, <see cref="ConsortOptions.Section"/> as a rule.</param>
    public static IServiceCollection AddConsort(this IServiceCollection services, IConfiguration section) =>
        services.AddConsort(section.Bind).AddSingleton<IOptionsChangeTokenSource<ConsortOptions>>(
            new ConfigurationChangeTokenSource<ConsortOptions>(section));

    /// <summary>
    /// Has <see cref="IScorer{T}"/> of a type of rows score by a model, whichever of its versions is there at each call. Without this it is
    /// the first model, and that of a name by <c>[FromKeyedServices("ctr")]</c>.
    /// </summary>
    /// <param name="services">The services of the app.</param>
    /// <param name="model">The model.</param>
    /// <param name="version">A version or a label; null for that of label <c>stable</c>, or the latest where there is none.</param>
    public static IServiceCollection AddScorer<TRow>(this IServiceCollection services, string model, string? version = null) =>
        services.AddSingleton<IScorer<TRow>>(s => new ServedScorer<TRow>(s.GetRequiredService<ModelRegistry>(), model, version));

    private static ConsortOptions Checked(ConsortOptions options)
    {
        options.Validate();
        return options;
    }
}
