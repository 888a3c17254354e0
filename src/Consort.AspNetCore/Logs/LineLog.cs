using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Logs;

/// <summary>Writes what the server itself has to say, a line each with the time.</summary>
internal sealed class LineLog(TextWriter to) : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == nameof(ServerLog.LoadedAtStart))
            return; // whoever started the server knows
        var line = exception is null ? formatter(state, null) : $"{formatter(state, exception)}: {exception}";
        lock (_gate)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'} {line}"));
    }

    public void Dispose()
    {
    }
}
