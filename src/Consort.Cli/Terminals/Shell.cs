using System.Buffers;

namespace Consort.Cli.Terminals;

/// <summary>Words as a shell reads them.</summary>
internal static class Shell
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./\\:=,+@%");

    /// <summary>The word, in quotes if it needs them.</summary>
    public static string Quote(string word)
    {
        if (word.Length > 0 && word.AsSpan().IndexOfAnyExcept(Plain) < 0)
            return word;
        return OperatingSystem.IsWindows() ? $"\"{word}\"" : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
