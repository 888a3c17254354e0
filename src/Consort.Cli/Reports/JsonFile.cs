using System.Text;
using System.Text.Json;
using Consort.Foundation.Numbers;

namespace Consort.Cli.Reports;

/// <summary>Results for machines.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = JsonNumbers.In(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    });

    /// <summary>Refuses a place that cannot be written to, before hours of work rather than after.</summary>
    /// <exception cref="ConsortException">It is a folder, or its folder cannot be made.</exception>
    public static void Check(string? path)
    {
        if (path is null)
            return;
        if (path.Length == 0 || Directory.Exists(path))
            throw new ConsortException($"--json {path}: found a folder, expected the name of a file");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"--json {path}: {e.Message}", e);
        }
    }

    /// <summary>Writes a value, unless there is no path.</summary>
    /// <exception cref="ConsortException">It cannot be written.</exception>
    public static void Write(string? path, object value)
    {
        if (path is not null)
            WriteText(path, JsonSerializer.Serialize(value, Options));
    }

    /// <summary>Writes text that is JSON already, unless there is no path.</summary>
    /// <exception cref="ConsortException">It cannot be written.</exception>
    public static void WriteText(string? path, string json)
    {
        if (path is not null)
            Output.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(json + "\n")));
    }
}
