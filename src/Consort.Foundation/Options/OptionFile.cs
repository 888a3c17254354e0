using System.Buffers;
using System.Globalization;
using System.Text;
using Consort.Foundation.Files;

namespace Consort.Foundation.Options;

/// <summary>The text of an option file, YAML or JSON: bounded, in one of Unicode's encodings, without control characters.</summary>
internal static class OptionFile
{
    /// <summary>More is no file that someone wrote by hand; 65,536 fields need a third of it.</summary>
    public const int MaxBytes = 16 << 20;

    // A NUL would end the text for the parser, and what follows would be passed over without a word.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0xa0).Select(c => (char)c).Where(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085'))]);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConsortException">The file is missing, unreadable or too long, or holds bytes that are no text.</exception>
    public static string Read(string path)
    {
        var bytes = Bytes(path);
        (var wide, var mark) = bytes switch
        {
            [0xff, 0xfe, ..] => (new UnicodeEncoding(bigEndian: false, false, throwOnInvalidBytes: true), 2),
            [0xfe, 0xff, ..] => (new UnicodeEncoding(bigEndian: true, false, throwOnInvalidBytes: true), 2),
            [0xef, 0xbb, 0xbf, ..] => (null, 3),
            _ => (null, 0),
        };
        ReadOnlySpan<byte> content = bytes.AsSpan(mark);
        try
        {
            return wide is not null ? wide.GetString(content) : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException e) when (wide is null)
        {
            var at = InvalidAt(content);
            throw new ConsortException(
                string.Create(CultureInfo.InvariantCulture,
                    $"{path}:{content[..at].Count((byte)'\n') + 1}: found the byte 0x{content[at]:x2}, which is not UTF-8; expected a file saved as UTF-8"), e);
        }
        catch (DecoderFallbackException e)
        {
            throw new ConsortException($"{path}: found damaged UTF-16, expected a file saved as UTF-8", e);
        }
    }

    /// <summary>Looks for characters that YAML does not allow.</summary>
    /// <exception cref="ConsortException">There is one, or the text is too long.</exception>
    public static void Check(string text, string source)
    {
        if (text.Length > MaxBytes)
            throw new ConsortException($"{source}: found more than {MaxBytes >> 20} MiB of YAML, expected at most that");
        var at = text.AsSpan().IndexOfAny(Forbidden);
        if (at < 0) return;
        var line = text.AsSpan(0, at).Count('\n') + 1;
        var hint = text[at] == 0 ? ", expected text saved as UTF-8" : ", expected it written as an escape in double quotes";
        throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
            $"{source}:{line}: found the control character 0x{(int)text[at]:x2}{hint}"));
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return PatientFile.ReadBytes(path, MaxBytes)
                ?? throw new ConsortException($"{path}: found more than {MaxBytes >> 20} MiB, expected a YAML file of at most that");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "file not found"
                : Directory.Exists(path) ? "found a folder, expected a YAML file" : e.Message;
            throw new ConsortException($"{path}: {reason}", e);
        }
    }

    private static int InvalidAt(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done) at += length;
        return at;
    }
}
