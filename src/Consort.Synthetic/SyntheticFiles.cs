using Consort.Foundation.Files;

namespace Consort.Synthetic;

/// <summary>A text and the files beside it, all of the same rows: written under other names and moved into place when whole.</summary>
internal static class SyntheticFiles
{
    /// <summary>Writes them; what stood there is replaced, missing folders are created, and a failure leaves nothing behind.</summary>
    /// <param name="path">The text; a full path.</param>
    /// <param name="suffixes">What is appended to its path for the files beside it.</param>
    /// <param name="write">Fills the text and those beside it.</param>
    /// <exception cref="ConsortException">The files can't be written, for instance because the disk is full.</exception>
    public static T Write<T>(string path, IReadOnlyList<string> suffixes, Func<Stream, IReadOnlyList<Stream>, T> write)
    {
        using var claim = Claim.Take(path, path, "name another file with --out");
        string[] files = [path, .. suffixes.Select(s => path + s)];
        foreach (var file in files)
            Leftovers.ClearAll(file);
        var temporaries = files.Select(SafeFile.TempName).ToArray();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var result = Fill(temporaries, write);
            // In this order a crash in between leaves no text beside another text's truth.
            foreach (var beside in files[1..])
                File.Delete(beside);
            for (var i = 0; i < files.Length; i++)
                File.Move(temporaries[i], files[i], overwrite: true);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(path, e);
        }
        finally
        {
            foreach (var temporary in temporaries)
                DeleteQuietly(temporary);
        }
    }

    private static T Fill<T>(string[] paths, Func<Stream, IReadOnlyList<Stream>, T> write)
    {
        var streams = new List<FileStream>();
        try
        {
            foreach (var path in paths)
                streams.Add(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0));
            var result = write(streams[0], streams[1..]);
            foreach (var stream in streams)
                stream.Flush(flushToDisk: true);
            return result;
        }
        finally
        {
            foreach (var stream in streams)
                stream.Dispose();
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary that can't be deleted must not hide why writing failed.
        }
    }
}
