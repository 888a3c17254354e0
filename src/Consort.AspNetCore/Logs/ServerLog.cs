using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Logs;

/// <summary>
/// All that the server says. In one class, for what the generator makes of several is ordered by chance, and no two builds are then the
/// same bytes.
/// </summary>
internal static partial class ServerLog
{
    [LoggerMessage(LogLevel.Information, "model {Model}: {Path} is served, as the options say now")]
    public static partial void Added(ILogger log, string model, string path);

    [LoggerMessage(LogLevel.Information, "model {Model}: {Path} is given up, as the options say now")]
    public static partial void GivenUp(ILogger log, string model, string path);

    [LoggerMessage(LogLevel.Warning, "model {Model}: {Trouble}")]
    public static partial void Troubled(ILogger log, string model, string trouble);

    [LoggerMessage(LogLevel.Information, "model {Model}: version {Version} loaded")]
    public static partial void Loaded(ILogger log, string model, string version);

    [LoggerMessage(LogLevel.Information, "model {Model}: version {Version} loaded")]
    public static partial void LoadedAtStart(ILogger log, string model, string version);

    [LoggerMessage(LogLevel.Information, "model {Model}: version {Version} removed")]
    public static partial void Removed(ILogger log, string model, string version);

    [LoggerMessage(LogLevel.Warning, "model {Model}: {What} refused: {Mistake}")]
    public static partial void Refused(ILogger log, string model, string what, string mistake);

    [LoggerMessage(LogLevel.Warning, "changed options refused, what was served still is: {Mistake}")]
    public static partial void OptionsRefused(ILogger log, string mistake);

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    public static partial void OpenToOthers(ILogger log, string warning);

    [LoggerMessage(LogLevel.Error, "changed options cannot be read, what was served still is")]
    public static partial void CannotChange(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Error, "packages could not be looked at")]
    public static partial void CannotLook(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Method}: internal error")]
    public static partial void CallFailed(ILogger log, string method, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Method} {Path}: internal error")]
    public static partial void RequestFailed(ILogger log, string method, PathString path, Exception exception);
}
